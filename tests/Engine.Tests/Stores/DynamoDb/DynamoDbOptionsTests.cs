using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.DynamoDb;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

internal sealed class DynamoDbOptionsTests
{
    [TestCase(null)]
    [TestCase("")]
    [TestCase("  ")]
    public void Blank_texts_count_as_not_set(string? blank)
    {
        var options = DynamoDbOptions.Of(new StoreOptions { Kind = StoreKind.DynamoDb, Endpoint = blank, Region = blank, Table = blank });

        Assert.That(options.Endpoint, Is.Null);
        Assert.That(options.Region, Is.EqualTo("us-east-1"));
        Assert.That(options.Table, Is.EqualTo("Delphi_JobQueue"));
    }

    [TestCase("http://localhost:8000", true)]
    [TestCase("http://127.0.0.1:8000", true)]
    [TestCase("http://[::1]:8000", true)]
    [TestCase("http://dynamodb.localhost:8000", true)]
    [TestCase("http://host.docker.internal:8000", true)]
    [TestCase("http://dynamodb:8000", true)]
    [TestCase("https://dynamodb.us-east-1.amazonaws.com", false)]
    [TestCase("https://localhost.example.org", false)]
    [TestCase("http://10.0.0.7:8000", false)]
    [TestCase("http://[fd00::7]:8000", false)]
    public void Only_an_endpoint_of_this_machine_or_a_compose_file_is_local(string endpoint, bool isLocal) =>
        Assert.That(LocalEndpoint.IsLocal(new Uri(endpoint)), Is.EqualTo(isLocal));

    [Test]
    public void Made_up_credentials_are_never_used_for_an_endpoint_that_is_not_local() =>
        Assert.That(LocalEndpoint.CredentialsFor(new Uri("https://localhost.example.org")), Is.Null);

    [Test]
    public void The_table_is_created_as_the_existing_deployment_has_it()
    {
        var request = TableDefinition.RequestFor("Jobs");

        Assert.That(request.TableName, Is.EqualTo("Jobs"));
        Assert.That(
            request.GlobalSecondaryIndexes.Select(index => $"{index.IndexName}: {string.Join(", ", index.KeySchema.Select(key => key.AttributeName))}, {index.Projection.ProjectionType}"),
            Is.EqualTo(new[]
            {
                "StatusCreatedIndex: status, created_at, ALL", "ConversationIndex: conversation_id, created_at, ALL", "JobTypeIndex: job_type, priority, ALL",
                "WorkerStatusIndex: worker_id, status, ALL",
            }));
    }
}
