using System.Net;
using System.Net.Sockets;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>What an exception of the SDK means: by its type and code, since it says nothing reliable about itself.</summary>
internal static class TableFailure
{
    /// <summary>Whether the request was held back for its rate, so that nothing was stored and a later try can succeed.</summary>
    public static bool IsThrottling(Exception exception) =>
        exception is ProvisionedThroughputExceededException or RequestLimitExceededException or ThrottlingException
        || exception is AmazonServiceException
        {
            ErrorCode: "ThrottlingException" or "Throttling" or "ThrottledException" or "RequestLimitExceeded" or "TooManyRequestsException"
                or "ProvisionedThroughputExceededException" or "RequestThrottled" or "RequestThrottledException",
        };

    /// <summary>Whether nobody can say if the request was carried out.</summary>
    public static bool IsUncertain(Exception exception) => exception switch
    {
        AmazonServiceException service when IsThrottling(service) => false,
        AmazonUnmarshallingException => true,
        AmazonServiceException service => (int)service.StatusCode is 0 or >= 500,
        AmazonClientException => false,
        HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>Whether the item would have become larger than the 400 KB that one may have.</summary>
    public static bool IsTooLarge(Exception exception) =>
        exception is AmazonServiceException { ErrorCode: "ValidationException" } service
        && service.Message.Contains("size", StringComparison.OrdinalIgnoreCase)
        && service.Message.Contains("exceeded", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a stored value is of a type with which the update cannot calculate.</summary>
    public static bool IsWrongOperand(Exception exception) =>
        exception is AmazonServiceException { ErrorCode: "ValidationException" } service
        && service.Message.Contains("operand", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the credentials are good, but may not do this.</summary>
    public static bool IsRefused(Exception? exception) =>
        exception is AmazonServiceException { ErrorCode: "AccessDeniedException" or "AccessDenied" or "NotAuthorized" };

    /// <summary>Whether the request itself cannot be carried out, however often it is sent.</summary>
    public static bool IsInvalid(Exception? exception) => exception is AmazonServiceException { ErrorCode: "ValidationException" };

    public static bool IsOfSdk(Exception exception) =>
        exception is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or SocketException or TimeoutException
            or OperationCanceledException;

    /// <summary>Says what failed and what to do about it.</summary>
    public static StoreException ToStoreException(Exception exception, DynamoDbOptions options) =>
        new($"{Place(options)}: {Explain(exception, options)}", exception);

    private static string Place(DynamoDbOptions options) =>
        $"Table '{options.Table}' at {options.Endpoint?.ToString() ?? "AWS"} in {options.Region}";

    private static string Explain(Exception exception, DynamoDbOptions options) => exception switch
    {
        ResourceNotFoundException => $"There is no such table in this region and account. Correct store.table, store.region ('{options.Region}') or store.endpoint, or create it with 'store init'.",
        AmazonServiceException service when IsThrottling(service) =>
            $"It is throttled{Reasons(service)}. Raise its capacity or the quota of the account, or let fewer hosts poll it.",
        AmazonServiceException { ErrorCode: "ValidationException" } service when service.Message.Contains("index", StringComparison.OrdinalIgnoreCase) =>
            $"An index is missing: {service.Message} The table needs the index 'StatusCreatedIndex'; 'store check' names all of them and what each is for.",
        AmazonServiceException { ErrorCode: "ExpiredTokenException" or "ExpiredToken" or "RequestExpired" } =>
            "The credentials have expired. Renew them where this host takes them from; it goes on by itself once they are.",
        AmazonServiceException service when IsRefused(service) =>
            $"The credentials may not do this: {service.Message} Allow it on the table and its indexes.",
        AmazonServiceException
        {
            ErrorCode: "UnrecognizedClientException" or "InvalidSignatureException" or "SignatureDoesNotMatch" or "InvalidClientTokenId"
            or "IncompleteSignatureException" or "MissingAuthenticationTokenException" or "MissingAuthenticationToken",
        } service => $"The credentials were refused ({service.ErrorCode}): {service.Message} Give valid ones in the environment, a profile or the machine's role, and see that its clock is right.",
        AmazonUnmarshallingException => "Its answer could not be read. See that the endpoint is that of DynamoDB or of a compatible service, and that no proxy changes it.",
        AmazonServiceException { ErrorCode: "ValidationException" } service => $"It refused the request: {service.Message}",
        AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError } service => $"It failed with status {(int)service.StatusCode}: {service.Message} It is tried again.",
        AmazonServiceException { InnerException: { } inner } when inner is HttpRequestException or IOException or SocketException => Unreachable(inner),
        AmazonServiceException service => $"It refused the request ({service.ErrorCode}): {service.Message}",
        AmazonClientException client => $"The request could not be made: {client.Message} If these are credentials, give them in the environment, a profile or the machine's role.",
        TimeoutException or OperationCanceledException => "It did not answer in time. See that the endpoint is right and that it can be reached from this machine.",
        _ => Unreachable(exception),
    };

    private static string Unreachable(Exception exception) =>
        $"It could not be reached: {exception.Message} See that the endpoint is right and that it can be reached from this machine.";

    private static string Reasons(AmazonServiceException exception)
    {
        var reasons = exception switch
        {
            ProvisionedThroughputExceededException provisioned => provisioned.ThrottlingReasons,
            RequestLimitExceededException limit => limit.ThrottlingReasons,
            ThrottlingException throttling => throttling.ThrottlingReasons,
            _ => null,
        };
        return reasons is { Count: > 0 } ? $" ({string.Join(", ", reasons.Select(reason => $"{reason.Reason} at {reason.Resource}"))})" : $": {exception.Message}";
    }
}
